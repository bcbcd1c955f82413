FROM node:24-slim AS build
WORKDIR /site
COPY package*.json ./
RUN npm ci
COPY . .
RUN npm run build
FROM nginx:1.29-alpine
COPY nginx.conf /etc/nginx/nginx.conf
COPY --from=build /site/dist /srv/site
USER nginx
CMD ["nginx"]
