# syntax=docker/dockerfile:1
# One image for all services: the command picks one (apps/gateway/dist/main.js, libs/database/dist/migrate-cli.js, …).

FROM node:24-slim AS build
WORKDIR /parley
COPY . .
RUN npm ci
RUN npx nx run-many -t build -p @parley/gateway @parley/message @parley/presence
# Optional are a Node and a PostgreSQL of one's own, and Prisma's command line: none of them is needed here.
RUN rm -rf node_modules && npm ci --omit=dev --omit=optional --ignore-scripts --workspace @parley/gateway --workspace @parley/message --workspace @parley/presence
RUN find apps libs -name src -prune -exec rm -rf {} +

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /parley
COPY --from=build /parley/package.json ./
COPY --from=build /parley/node_modules ./node_modules
COPY --from=build /parley/libs ./libs
COPY --from=build /parley/apps ./apps
COPY --from=build /parley/prisma/migrations ./prisma/migrations
USER node
EXPOSE 3000
ENTRYPOINT ["node"]
CMD ["apps/gateway/dist/main.js"]
